package sealed

import "testing"

func TestPatternIsCompiledAnew(t *testing.T) {
	if testing.AllocsPerRun(10, func() { Word("word") }) < 5 {
		t.Error("somebody moved the pattern")
	}
}
