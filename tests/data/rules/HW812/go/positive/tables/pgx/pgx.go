package pgx

import "context"

type Identifier []string

type Conn struct{}

func (Conn) CopyFrom(context.Context, Identifier, []string, any) (int64, error) { return 0, nil }
