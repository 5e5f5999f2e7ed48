package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/seawall-dev/seawall/hack/cluster"
)

const (
	eventColumns  = "COUNT:.count,REASON:.reason,MESSAGE:.message"
	reportColumns = "NAME:.scope.name,FAIL:.summary.fail,USER:.results[0].properties.user," +
		"N:.results[0].properties.environments,PROBABILITY:.results[0].properties.probability"
)

// found shows the denial of step 1 in the four places where it is on the record.
func (s *story) found(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	s.say("The denial is on the record in four places. The API server's audit log:")
	annotations, err := s.audited(ctx)
	if err != nil {
		return err
	}
	s.output(annotations)

	s.note("The webhook's log:")
	fields, err := s.webhook.WaitForLog(ctx, func(fields map[string]any) bool {
		return fields["msg"] == "decision" && fields["name"] == "tenants" && fields["action"] == "Deny"
	})
	if err != nil {
		return err
	}
	s.output(describe(fields))

	s.note("An Event, which counts when it happens again:")
	if err := s.kubectlUntil(ctx, "WaveDenied", "get", "events", "-n", "argocd",
		"--field-selector", "involvedObject.name=tenants", "-o", "custom-columns="+eventColumns); err != nil {
		return err
	}
	s.note("And a report, which keeps the last 20 decisions for 30 days:")
	return s.kubectlUntil(ctx, "tenants", "get", "reports", "-n", "argocd", "-o", "custom-columns="+reportColumns)
}

// kubectlUntil shows a command that reads what is written in the background, and what it
// prints once that contains text.
func (s *story) kubectlUntil(ctx context.Context, text string, args ...string) error {
	for {
		output, err := s.cluster.Kubectl(ctx, nil, args...)
		if err == nil && strings.Contains(output.Stdout, text) {
			s.command("kubectl " + strings.Join(args, " "))
			s.output(output.Stdout)
			return nil
		}
		if err := wait(ctx); err != nil {
			return fmt.Errorf("kubectl %s does not print %s: %w", strings.Join(args, " "), text, err)
		}
	}
}

// audited waits for the denial in the API server's audit log and returns what it says there.
func (s *story) audited(ctx context.Context) (string, error) {
	for {
		said, err := findAudited(s.cluster)
		if said != "" || err != nil {
			return said, err
		}
		if err := wait(ctx); err != nil {
			return "", fmt.Errorf("the denial is not in the audit log: %w", err)
		}
	}
}

func findAudited(c *cluster.Cluster) (string, error) {
	text, err := os.ReadFile(c.AuditLog)
	if err != nil {
		return "", err
	}
	for line := range bytes.Lines(text) {
		var event struct {
			Verb string `json:"verb"`
			User struct {
				Username string `json:"username"`
			} `json:"user"`
			ObjectRef struct {
				Name string `json:"name"`
			} `json:"objectRef"`
			Annotations map[string]string `json:"annotations"`
		}
		if json.Unmarshal(line, &event) != nil || event.Annotations["waves.seawall.dev/decision"] != "Deny" {
			continue
		}
		words := []string{"user=" + event.User.Username, "verb=" + event.Verb, "name=" + event.ObjectRef.Name}
		for _, key := range []string{"decision", "reason", "environments", "failure-probability", "limit", "policy"} {
			words = append(words, "waves.seawall.dev/"+key+"="+event.Annotations["waves.seawall.dev/"+key])
		}
		return strings.Join(words, " "), nil
	}
	return "", nil
}

// wait waits a moment, or returns an error when ctx is done.
func wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return errors.New("it took too long")
	case <-time.After(100 * time.Millisecond):
		return nil
	}
}
