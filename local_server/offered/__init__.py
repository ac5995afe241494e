"""What a server offers: which base models, and under which further names."""
