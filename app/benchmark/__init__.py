"""Measuring the live road: a clip in the camera's place, everything after it as it is. No Qt here."""
