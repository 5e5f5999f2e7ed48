package admission

import (
	"log/slog"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/seawall-dev/seawall/pkg/audit"
)

// describe puts a record on the span of its review: docs/tracing.md lists the attributes.
func describe(span trace.Span, record audit.Record) {
	if !span.IsRecording() {
		return
	}
	for _, field := range audit.Fields() {
		if value, told := field.Of(&record); told && field.Attribute != "" {
			span.SetAttributes(attributes(field, value)...)
		}
	}
	if record.Action == audit.Error {
		span.SetStatus(codes.Error, record.Reason+": "+audit.Clean(record.Message))
	}
}

func attributes(field audit.Field, value slog.Value) []attribute.KeyValue {
	key := "seawall." + field.Attribute
	switch value.Kind() { //nolint:exhaustive // records hold no others
	case slog.KindBool:
		return []attribute.KeyValue{attribute.Bool(key, value.Bool())}
	case slog.KindInt64:
		return []attribute.KeyValue{attribute.Int64(key, value.Int64())}
	case slog.KindFloat64:
		return []attribute.KeyValue{attribute.Float64(key, value.Float64())}
	}
	if !field.Numeric {
		return []attribute.KeyValue{attribute.String(key, audit.Clean(value.String()))}
	}
	var numbers []attribute.KeyValue
	for i, text := range strings.SplitN(value.String(), " to ", 2) {
		if number, err := strconv.ParseFloat(text, 64); err == nil {
			numbers = append(numbers, attribute.Float64(key+[]string{"", ".max"}[i], number))
		}
	}
	return numbers
}
