package main

// The service's flags. A real one reads them from a database; here they are part of the program,
// so that every variant answers from the same rules.

var insiders = Segment{
	Key:         "insiders",
	MatchAny:    true,
	Constraints: []Constraint{{"email", Suffix, "@example.org"}, {"group", Equal, "beta"}},
}

var europeanTeams = Segment{
	Key: "european-teams",
	Constraints: []Constraint{
		{"region", Prefix, "eu-"},
		{"plan", Equal, "team"},
		{"seats", GreaterThan, "9"},
	},
}

var (
	on      = Variant{Key: "on"}
	classic = Variant{Key: "classic"}
	express = Variant{"express", `{"steps":["confirm"]}`}
	onePage = Variant{"one-page", `{"steps":["all"],"summary":"right"}`}
	twoStep = Variant{"two-step", `{"steps":["address","payment"]}`}
)

var everyone = Segment{Key: "everyone"}

// standardFlags returns the flags by key.
func standardFlags() map[string]*Flag {
	flags := map[string]*Flag{}
	for _, flag := range []*Flag{
		{
			Key:     "checkout-flow",
			Enabled: true,
			Rules: []Rule{
				{insiders, []Distribution{{express, 100}}},
				{europeanTeams, []Distribution{{onePage, 50}, {twoStep, 50}}},
				{everyone, []Distribution{{classic, 100}}},
			},
		},
		{
			Key:     "dark-mode",
			Enabled: true,
			Rules:   []Rule{{everyone, []Distribution{{on, 10}}}},
		},
		{
			Key:   "retired",
			Rules: []Rule{{everyone, []Distribution{{on, 100}}}},
		},
	} {
		flags[flag.Key] = flag
	}
	return flags
}
