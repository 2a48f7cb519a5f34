package main

import (
	"fmt"
	"hash/fnv"
	"strconv"
)

// Evaluation asks which variant of a flag an entity gets.
type Evaluation struct {
	RequestID string            `json:"requestId,omitempty"`
	FlagKey   string            `json:"flagKey"`
	EntityID  string            `json:"entityId"`
	Context   map[string]string `json:"context"`
}

// Answer says whether a rule matched, which, and what the entity gets. It holds no time and
// nothing random, so that equal questions have equal answers in every variant of the lab.
type Answer struct {
	RequestID  string `json:"requestId,omitempty"`
	FlagKey    string `json:"flagKey"`
	EntityID   string `json:"entityId"`
	Match      bool   `json:"match"`
	Reason     Reason `json:"reason"`
	SegmentKey string `json:"segmentKey"`
	Value      string `json:"value"`
	Attachment string `json:"attachment,omitempty"`
}

// Reason says how an answer came about.
type Reason string

// The reasons.
const (
	Matched  Reason = "MATCHED"
	NoMatch  Reason = "NO_MATCH"
	Disabled Reason = "FLAG_DISABLED"
)

// Flag is a feature with its rules, tried in order.
type Flag struct {
	Key     string
	Enabled bool
	Rules   []Rule
}

// Rule gives the members of a segment one of several variants.
type Rule struct {
	Segment       Segment
	Distributions []Distribution
}

// Distribution is a variant's part of a rule, in per cent. Parts that add up to less than 100
// leave the rest of the segment without a match.
type Distribution struct {
	Variant Variant
	Percent float64
}

// Variant is one of the values of a flag, with whatever its users attached to it.
type Variant struct {
	Key        string
	Attachment string
}

// Segment is a group of entities: those whose context meets all, or any, of the constraints.
type Segment struct {
	Key         string
	MatchAny    bool
	Constraints []Constraint
}

// buckets is the resolution of a rollout: a tenth of a per cent.
const buckets = 1000

// Evaluate answers a question about this flag.
func (f *Flag) Evaluate(question Evaluation) (Answer, error) {
	answer := Answer{
		RequestID: question.RequestID,
		FlagKey:   f.Key,
		EntityID:  question.EntityID,
		Reason:    NoMatch,
	}
	if !f.Enabled {
		answer.Reason = Disabled
		return answer, nil
	}
	for _, rule := range f.Rules {
		member, err := rule.Segment.Contains(question.Context)
		if err != nil {
			return answer, fmt.Errorf("segment %s: %w", rule.Segment.Key, err)
		}
		if !member {
			continue
		}
		// The first segment decides, even where the rollout then leaves the entity out.
		answer.SegmentKey = rule.Segment.Key
		variant, match := rule.variant(bucket(f.Key, question.EntityID))
		if match {
			answer.Match, answer.Reason = true, Matched
			answer.Value, answer.Attachment = variant.Key, variant.Attachment
		}
		return answer, nil
	}
	return answer, nil
}

// Contains tells whether an entity with this context belongs to the segment. A segment without
// constraints contains everyone.
func (s *Segment) Contains(context map[string]string) (bool, error) {
	for _, constraint := range s.Constraints {
		met, err := constraint.Met(context)
		if err != nil {
			return false, err
		}
		if met == s.MatchAny {
			return met, nil
		}
	}
	return !s.MatchAny || len(s.Constraints) == 0, nil
}

func (r *Rule) variant(bucket int) (Variant, bool) {
	upper := 0.0
	for _, part := range r.Distributions {
		upper += part.Percent * buckets / 100
		if float64(bucket) < upper {
			return part.Variant, true
		}
	}
	return Variant{}, false
}

// bucket maps an entity to 0 … buckets-1: always the same for one flag, independent between flags.
func bucket(flagKey, entityID string) int {
	hash := fnv.New32a()
	hash.Write([]byte(flagKey))
	hash.Write([]byte{'/'})
	hash.Write([]byte(entityID))
	return int(hash.Sum32() % buckets)
}

// Constraint compares one property of the context with a value.
type Constraint struct {
	Property string
	Operator Operator
	Value    string
}

// Operator is how a constraint compares.
type Operator string

// The operators. Those that order compare numbers, the others text.
const (
	Equal       Operator = "eq"
	NotEqual    Operator = "neq"
	Prefix      Operator = "prefix"
	Suffix      Operator = "suffix"
	Present     Operator = "present"
	NotPresent  Operator = "notpresent"
	LessThan    Operator = "lt"
	GreaterThan Operator = "gt"
)

// Met tells whether the context meets the constraint. A missing property meets only NotPresent.
func (c *Constraint) Met(context map[string]string) (bool, error) {
	actual, present := context[c.Property]
	switch {
	case c.Operator == Present:
		return present, nil
	case c.Operator == NotPresent:
		return !present, nil
	case !present:
		return false, nil
	}
	switch c.Operator {
	case Equal:
		return actual == c.Value, nil
	case NotEqual:
		return actual != c.Value, nil
	case Prefix:
		return len(actual) >= len(c.Value) && actual[:len(c.Value)] == c.Value, nil
	case Suffix:
		return len(actual) >= len(c.Value) && actual[len(actual)-len(c.Value):] == c.Value, nil
	}
	return c.ordered(actual)
}

func (c *Constraint) ordered(actual string) (bool, error) {
	left, err := strconv.ParseFloat(actual, 64)
	if err != nil {
		return false, fmt.Errorf("%s is not a number: %q", c.Property, actual)
	}
	right, err := strconv.ParseFloat(c.Value, 64)
	if err != nil {
		return false, fmt.Errorf("constraint on %s has no number: %q", c.Property, c.Value)
	}
	if c.Operator == LessThan {
		return left < right, nil
	}
	return left > right, nil
}
