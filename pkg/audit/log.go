package audit

import (
	"context"
	"log/slog"
)

// Log writes each record, which is clean, as one structured log line with the message
// "decision", or "finding" if it is of the re-count.
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
	if record.Operation == Recount {
		message = "finding"
	}
	l.Logger.LogAttrs(ctx, level, message,
		slog.String("action", record.Action),
		slog.String("reason", record.Reason),
		slog.String("group", record.Group),
		slog.String("version", record.Version),
		slog.String("kind", record.Kind),
		slog.String("namespace", record.Namespace),
		slog.String("name", record.Name),
		slog.String("rolloutUID", record.RolloutUID),
		slog.String("operation", record.Operation),
		slog.String("user", record.User),
		slog.Bool("dryRun", record.DryRun),
		slog.String("policy", record.Policy),
		slog.Int("n", record.Environments),
		slog.Int("total", record.Total),
		slog.Int("held", record.Held),
		slog.Int("wave", record.Wave),
		slog.Int("waveEnvironments", record.WaveEnvironments),
		slog.Float64("probability", record.Probability),
		slog.String("limit", record.Limit),
		slog.String("successRate", record.SuccessRate),
		slog.String("evidence", record.Evidence),
		slog.String("message", record.Message),
		slog.String("override", record.Override),
		slog.String("overrideReason", record.OverrideReason),
		slog.Duration("duration", record.Duration),
		slog.String("uid", record.UID),
	)
}
