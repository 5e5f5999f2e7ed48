package audit

import (
	"log/slog"
	"strconv"
	"time"
)

// Field is one thing that a record holds, and what each way to keep records calls it. One
// without a name there is not kept there.
type Field struct {
	// Log is the key in a log line.
	Log string
	// Annotation is the key of an audit annotation.
	Annotation string
	// Property is the key of a property of a report's result.
	Property string
	// Attribute is the key of a span's attribute; one that is Numeric is a number there,
	// or two if it is a range.
	Attribute string
	Numeric   bool
	// Telling says that decisions which differ in it are not the same Event.
	Telling bool

	at func(*Record) any
}

// Fields returns all that a record holds, in the order of a log line.
func Fields() []Field {
	return []Field{
		{
			Log: "action", Annotation: "decision", Property: "action", Attribute: "action", Telling: true,
			at: func(r *Record) any { return &r.Action },
		},
		{Log: "reason", Annotation: "reason", Attribute: "reason", Telling: true, at: func(r *Record) any { return &r.Reason }},
		{Log: "group", Attribute: "group", Telling: true, at: func(r *Record) any { return &r.Group }},
		{Log: "version", at: func(r *Record) any { return &r.Version }},
		{Log: "kind", Attribute: "kind", Telling: true, at: func(r *Record) any { return &r.Kind }},
		{Log: "namespace", Attribute: "namespace", Telling: true, at: func(r *Record) any { return &r.Namespace }},
		{Log: "name", Attribute: "name", Telling: true, at: func(r *Record) any { return &r.Name }},
		{Log: "rolloutUID", Telling: true, at: func(r *Record) any { return &r.RolloutUID }},
		{Log: "operation", Property: "operation", Attribute: "operation", at: func(r *Record) any { return &r.Operation }},
		{Log: "user", Property: "user", at: func(r *Record) any { return &r.User }},
		{ // The audit log has nothing that the API server has not asked.
			Log: "authenticated", Property: "authenticated", Telling: true,
			at: func(r *Record) any { return &r.Authenticated },
		},
		{Log: "dryRun", Attribute: "dry_run", at: func(r *Record) any { return &r.DryRun }},
		{Log: "policy", Annotation: "policy", Attribute: "policy", Telling: true, at: func(r *Record) any { return &r.Policy }},
		{Log: "n", Annotation: "environments", Property: "environments", Attribute: "n", at: func(r *Record) any { return &r.Environments }},
		{Log: "total", Annotation: "total-environments", Property: "totalEnvironments", at: func(r *Record) any { return &r.Total }},
		{Log: "held", Annotation: "held-environments", Property: "heldEnvironments", at: func(r *Record) any { return &r.Held }},
		{Log: "wave", Property: "wave", at: func(r *Record) any { return &r.Wave }},
		{
			Log: "waveEnvironments", Annotation: "wave-environments", Property: "waveEnvironments", Attribute: "wave.n",
			at: func(r *Record) any { return &r.WaveEnvironments },
		},
		{
			Log: "probability", Annotation: "failure-probability", Property: "probability", Attribute: "risk",
			at: func(r *Record) any { return &r.Probability },
		},
		{Log: "limit", Annotation: "limit", Property: "limit", Attribute: "limit", Numeric: true, at: func(r *Record) any { return &r.Limit }},
		{
			Log: "successRate", Annotation: "success-rate", Property: "successRate", Attribute: "p", Numeric: true,
			at: func(r *Record) any { return &r.SuccessRate },
		},
		{Log: "evidence", Annotation: "evidence", Property: "evidence", at: func(r *Record) any { return &r.Evidence }},
		{Log: "message", Annotation: "message", at: func(r *Record) any { return &r.Message }},
		{Log: "withheld", at: func(r *Record) any { return &r.Withheld }},
		{Log: "override", Annotation: "override", Property: "override", Telling: true, at: func(r *Record) any { return &r.Override }},
		{Log: "overrideReason", Annotation: "override-reason", Property: "overrideReason", at: func(r *Record) any { return &r.OverrideReason }},
		{Log: "duration", at: func(r *Record) any { return &r.Duration }},
		{Log: "uid", Property: "requestUID", Attribute: "uid", at: func(r *Record) any { return &r.UID }},
	}
}

// Of returns what a record holds of the field, and whether that is anything: neither empty
// nor a number of nothing.
func (f Field) Of(record *Record) (value slog.Value, told bool) {
	switch at := f.at(record).(type) {
	case *string:
		return slog.StringValue(*at), *at != ""
	case *int:
		return slog.IntValue(*at), *at != 0
	case *float64: // 0 is a probability, too
		return slog.Float64Value(*at), record.WaveEnvironments > 0
	case *bool:
		return slog.BoolValue(*at), true
	case *time.Duration:
		return slog.DurationValue(*at), true
	default:
		return slog.Value{}, false
	}
}

// Text returns what a record holds of the field as annotations and properties spell it, and
// what Of returns beside.
func (f Field) Text(record *Record) (text string, told bool) {
	value, told := f.Of(record)
	if value.Kind() == slog.KindFloat64 {
		return strconv.FormatFloat(value.Float64(), 'g', 6, 64), told
	}
	return value.String(), told
}

// Set makes a record hold of the field what Text returned.
func (f Field) Set(record *Record, text string) (err error) {
	switch at := f.at(record).(type) {
	case *string:
		*at = text
	case *int:
		*at, err = strconv.Atoi(text)
	case *float64:
		*at, err = strconv.ParseFloat(text, 64)
	case *bool:
		*at, err = strconv.ParseBool(text)
	case *time.Duration:
		*at, err = time.ParseDuration(text)
	}
	return err
}

// Clean returns the record with every string fit to be kept: see Clean.
func (r Record) Clean() Record {
	for _, field := range Fields() {
		if text, is := field.at(&r).(*string); is {
			*text = Clean(*text)
		}
	}
	return r
}

// Annotations returns the audit annotations of a clean record. The API server prefixes their
// keys with the name of the webhook and writes them to its audit log, with who wrote what.
func (r Record) Annotations() map[string]string {
	fields := Fields()
	annotations := make(map[string]string, len(fields))
	for _, field := range fields {
		if field.Annotation == "" {
			continue
		}
		if text, told := field.Text(&r); told {
			annotations[field.Annotation] = text
		}
	}
	return annotations
}
