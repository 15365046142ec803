"""What to make next: windows, tickets, shares, placement, vetoes and the reasons, as pure rules."""
