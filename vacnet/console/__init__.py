"""What people see: pure view models of a factory's answers, and the tables that print them."""
