"""Actions a user teaches: takes of them, profiles, and what is learned on top of a network's features."""
