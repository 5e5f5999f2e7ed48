package audit

import (
	"context"
	"log/slog"
)

// Log writes each record, which is clean, as one structured log line with the message
// "decision", "finding" if it is of the re-count, or "episode" if it is about starts that wait.
type Log struct {
	Logger *slog.Logger
}

// Record implements Sink. A write that is routine is logged at debug level: controllers make
// many of them.
func (l Log) Record(ctx context.Context, record Record) {
	level := slog.LevelInfo
	if record.Routine {
		level = slog.LevelDebug
	}
	message := "decision"
	switch {
	case record.Operation == Recount:
		message = "finding"
	case record.Episode():
		message = "episode"
	}
	if !l.Logger.Enabled(ctx, level) {
		return
	}
	fields := Fields()
	attributes := make([]slog.Attr, 0, len(fields))
	for _, field := range fields {
		value, _ := field.Of(&record)
		attributes = append(attributes, slog.Attr{Key: field.Log, Value: value})
	}
	l.Logger.LogAttrs(ctx, level, message, attributes...)
}
