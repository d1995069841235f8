"""What people see in a browser: plain templates, no script, nothing loaded from anywhere."""
