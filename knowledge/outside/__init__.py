"""What is not of this site: the pages that records link to."""
