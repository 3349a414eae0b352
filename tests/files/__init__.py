"""Tests of what happens to files people add: where they are kept, what they are taken for, what is made of them."""
