"""Labs: reproduced cases with a known defect, its fix, an oracle and a guard."""
