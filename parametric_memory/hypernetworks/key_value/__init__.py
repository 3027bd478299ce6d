"""The key-value hypernetwork, which this project trained and ships."""
