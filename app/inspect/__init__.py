"""Looking at what training is made of: a prepared data set, one sample of it, a checkpoint."""
