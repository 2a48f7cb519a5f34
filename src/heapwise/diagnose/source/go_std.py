"""What often called functions of Go's standard library return, and a conversion."""

from __future__ import annotations

from collections.abc import Mapping

RESULTS: Mapping[str, tuple[str, ...]] = {
    "bytes.NewBuffer": ("*bytes.Buffer",),
    "bytes.NewBufferString": ("*bytes.Buffer",),
    "strconv.Itoa": ("string",),
    "strconv.FormatInt": ("string",),
    "strconv.Quote": ("string",),
    "strconv.Atoi": ("int", "error"),
    "strconv.ParseInt": ("int64", "error"),
    "strconv.ParseUint": ("uint64", "error"),
    "fmt.Sprint": ("string",),
    "fmt.Sprintf": ("string",),
    "strings.ToLower": ("string",),
    "strings.ToUpper": ("string",),
    "strings.TrimSpace": ("string",),
    "strings.Trim": ("string",),
    "strings.TrimPrefix": ("string",),
    "strings.TrimSuffix": ("string",),
    "strings.Join": ("string",),
    "strings.Repeat": ("string",),
    "strings.ReplaceAll": ("string",),
    "strings.Split": ("[]string",),
    "strings.SplitN": ("[]string",),
    "strings.Fields": ("[]string",),
    "strings.Cut": ("string", "string", "bool"),
    "log/slog.New": ("*slog.Logger",),
    "log/slog.Default": ("*slog.Logger",),
    "time.Duration": ("time.Duration",),
    "time.Since": ("time.Duration",),
    "os.Getenv": ("string",),
    "os.ReadFile": ("[]byte", "error"),
    "path.Join": ("string",),
    "path.Base": ("string",),
    "path/filepath.Join": ("string",),
    "path/filepath.Base": ("string",),
}
"""Types of the results by import path and name."""
