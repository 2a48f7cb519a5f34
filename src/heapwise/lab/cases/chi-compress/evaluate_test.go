package main

import "testing"

func TestEvaluate(t *testing.T) {
	team := map[string]string{"region": "eu-central", "plan": "team", "seats": "25"}
	tests := []struct {
		name    string
		flag    string
		entity  string
		context map[string]string
		match   bool
		segment string
		value   string
	}{
		{"the first segment that fits decides", "checkout-flow", "a",
			map[string]string{"email": "ada@example.org"}, true, "insiders", "express"},
		{"any one constraint is enough where any may match", "checkout-flow", "a",
			map[string]string{"group": "beta"}, true, "insiders", "express"},
		{"all constraints must be met otherwise", "checkout-flow", "a",
			map[string]string{"region": "eu-west", "plan": "team"}, true, "everyone", "classic"},
		{"numbers are compared as numbers", "checkout-flow", "a",
			map[string]string{"region": "eu-west", "plan": "team", "seats": "9"},
			true, "everyone", "classic"},
		{"the lower half of the buckets gets the first variant", "checkout-flow",
			"customer-48151623", team, true, "european-teams", "one-page"},
		{"the upper half gets the second", "checkout-flow", "customer-2", team,
			true, "european-teams", "two-step"},
		{"an entity outside a partial rollout matches nothing", "dark-mode", "customer-2", nil,
			false, "everyone", ""},
		{"a flag that is off matches nothing", "retired", "a", nil, false, "", ""},
	}
	flags := standardFlags()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			answer, err := flags[test.flag].Evaluate(
				Evaluation{FlagKey: test.flag, EntityID: test.entity, Context: test.context})
			if err != nil {
				t.Fatal(err)
			}
			if answer.Match != test.match || answer.SegmentKey != test.segment ||
				answer.Value != test.value {
				t.Errorf("got %t %q %q, want %t %q %q", answer.Match, answer.SegmentKey,
					answer.Value, test.match, test.segment, test.value)
			}
		})
	}
}

func TestEvaluateRefusesTextWhereANumberIsNeeded(t *testing.T) {
	_, err := standardFlags()["checkout-flow"].Evaluate(Evaluation{
		EntityID: "a",
		Context:  map[string]string{"region": "eu-west", "plan": "team", "seats": "many"},
	})
	if err == nil {
		t.Error("no error for seats=many")
	}
}

func TestConstraints(t *testing.T) {
	context := map[string]string{"name": "heap", "size": "10"}
	tests := []struct {
		constraint Constraint
		met        bool
	}{
		{Constraint{"name", Equal, "heap"}, true},
		{Constraint{"name", NotEqual, "heap"}, false},
		{Constraint{"name", Prefix, "he"}, true},
		{Constraint{"name", Prefix, "heaps"}, false},
		{Constraint{"name", Suffix, "ap"}, true},
		{Constraint{"size", LessThan, "9"}, false},
		{Constraint{"size", GreaterThan, "9"}, true},
		{Constraint{"size", Present, ""}, true},
		{Constraint{"none", Present, ""}, false},
		{Constraint{"none", NotPresent, ""}, true},
		{Constraint{"none", NotEqual, "heap"}, false},
	}
	for _, test := range tests {
		met, err := test.constraint.Met(context)
		if err != nil || met != test.met {
			t.Errorf("%v: got %t, %v", test.constraint, met, err)
		}
	}
}

func TestRolloutFollowsItsPercentages(t *testing.T) {
	const entities = 20000
	on := 0
	for i := 0; i < entities; i++ {
		entity := string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i/676))
		answer, _ := standardFlags()["dark-mode"].Evaluate(Evaluation{EntityID: entity})
		if answer.Match {
			on++
		}
	}
	if share := float64(on) / entities; share < 0.08 || share > 0.12 {
		t.Errorf("10 %% were asked for, got %.1f %%", share*100)
	}
}
