"""What is fetched as a whole: the navigation menu."""
