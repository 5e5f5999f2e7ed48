package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/seawall-dev/seawall/hack/cluster"
)

// waitForDecision returns the webhook's log line about the first such write of the
// ApplicationSet that it admitted.
func waitForDecision(ctx context.Context, w *cluster.Webhook, operation string) (map[string]any, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return w.WaitForLog(ctx, func(fields map[string]any) bool {
		return fields["msg"] == "decision" && fields["name"] == "tenants" && fields["action"] == "Allow" &&
			strings.EqualFold(fmt.Sprint(fields["operation"]), operation)
	})
}

// describe writes the fields that matter here, in a fixed order, numbers rounded.
func describe(fields map[string]any) string {
	var words []string
	for _, key := range []string{"action", "operation", "n", "probability", "limit", "policy"} {
		value, found := fields[key]
		if number, ok := value.(float64); ok {
			value = fmt.Sprintf("%.4g", number)
		}
		if found {
			words = append(words, fmt.Sprintf("%s=%v", key, value))
		}
	}
	return strings.Join(words, " ")
}
