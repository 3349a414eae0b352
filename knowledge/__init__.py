"""The Praxis application: content model, storage, services and the web in front of them."""
