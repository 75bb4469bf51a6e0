"""What is put on endpoints: components, shadow tests, routers, policies. Endpoints themselves are not served yet."""
