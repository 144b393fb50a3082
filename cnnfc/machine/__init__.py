"""Who and how the machine under test is."""
