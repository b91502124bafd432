"""Hours of people through the whole road, to see what grows. No Qt here."""
