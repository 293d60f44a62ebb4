"""What one hook, action or command sees of its unit and asks for: the other end of the hook tools."""
