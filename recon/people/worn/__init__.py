"""What people have on or before them: glasses, headwear, clothes, things, hands."""
