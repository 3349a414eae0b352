"""In a real browser: what people see, on a phone and on a desk."""
