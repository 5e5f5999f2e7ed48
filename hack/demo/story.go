package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/seawall-dev/seawall/hack/cluster"
)

const (
	sample  = "config/samples/applicationset-100.yaml"
	changed = "dist/demo" // where changed copies of it are written

	denial = `admission webhook "waves.seawall.dev" denied the request: ApplicationSet argocd/tenants: ` +
		`wave 1 syncs 100 environments at 0.99 each (annotation seawall.dev/sync-success-rate): ` +
		`63.4% chance that at least one fails, policy "default" allows 20%. ` +
		`At most 22 per wave: set spec.strategy.rollingSync.steps[0].maxUpdate to 22 (5 waves).`

	tooGenerous = `apiVersion: seawall.dev/v1alpha1
kind: WavePolicy
metadata: {name: generous}
spec: {maxWaveFailureProbability: "1.5"}
`
)

// story is the demo's five steps, on a cluster in which everything is installed.
type story struct {
	*page

	cluster *cluster.Cluster
	webhook *cluster.Webhook
}

func (s *story) tell(ctx context.Context) error {
	s.say(`The policy "default" allows no wave that is likelier than 20% to break something.`)
	message, err := s.denied(ctx)
	if err != nil {
		return fmt.Errorf("step 1: %w", err)
	}
	fixed, err := s.mended(ctx, message)
	if err != nil {
		return fmt.Errorf("step 2: %w", err)
	}
	if err := s.joined(ctx, fixed); err != nil {
		return fmt.Errorf("step 3: %w", err)
	}
	if err := s.refused(ctx); err != nil {
		return fmt.Errorf("step 4: %w", err)
	}
	if err := s.gated(ctx); err != nil {
		return fmt.Errorf("step 5: %w", err)
	}
	return nil
}

// denied is step 1; it returns what the reader was told.
func (s *story) denied(ctx context.Context) (string, error) {
	s.step("A release to 100 tenants in one wave; each sync succeeds 99 times in 100.")
	output, err := s.kubectl(ctx, "", "apply", "-f", sample)
	if err != nil {
		return "", err
	}
	if err := expect(output, 1, denial); err != nil {
		return "", err
	}
	return output.Stderr, s.found(ctx)
}

// mended is step 2: it does what the message says; it returns the file.
func (s *story) mended(ctx context.Context, message string) (string, error) {
	s.step("The same release, changed as the message says.")
	change, err := parseChange(message)
	if err != nil {
		return "", err
	}
	fixed, err := s.edit(ctx, sample, "tenants-paced.yaml", change.apply)
	if err != nil {
		return "", err
	}
	output, err := s.kubectl(ctx, "", "apply", "-f", fixed)
	if err != nil {
		return "", err
	}
	if err := expect(output, 0, "applicationset.argoproj.io/tenants created"); err != nil {
		return "", err
	}
	return fixed, s.decision(ctx, "CREATE", "100")
}

// joined is step 3: one environment more.
func (s *story) joined(ctx context.Context, fixed string) error {
	s.step("Tenant 101 joins. The write changes one environment, not 101: n is 1.")
	more, err := s.edit(ctx, fixed, "tenants-101.yaml", addTenant)
	if err != nil {
		return err
	}
	output, err := s.kubectl(ctx, "", "apply", "-f", more)
	if err != nil {
		return err
	}
	if err := expect(output, 0, "applicationset.argoproj.io/tenants configured"); err != nil {
		return err
	}
	return s.decision(ctx, "UPDATE", "1")
}

// refused is step 4: the schema of the policy, without the webhook.
func (s *story) refused(ctx context.Context) error {
	s.step("A policy with an impossible limit: the API server itself refuses it.")
	output, err := s.kubectl(ctx, tooGenerous, "apply", "-f", "-")
	if err != nil {
		return err
	}
	return expect(output, 1, "spec.maxWaveFailureProbability: Invalid value", "1.5")
}

// kubectl shows a command, runs it and shows what it printed.
func (s *story) kubectl(ctx context.Context, stdin string, args ...string) (cluster.Output, error) {
	typed := "kubectl " + strings.Join(args, " ")
	if stdin != "" {
		typed += " <<EOF\n" + stdin + "EOF"
	}
	s.command(typed)
	output, err := s.cluster.Kubectl(ctx, strings.NewReader(stdin), args...)
	s.output(output.Stdout + output.Stderr)
	return output, err
}

// edit writes a changed copy of a manifest, shows the difference and returns the copy's path.
func (s *story) edit(ctx context.Context, from, name string, change func([]byte) ([]byte, error)) (string, error) {
	text, err := os.ReadFile(from)
	if err != nil {
		return "", err
	}
	if text, err = change(text); err != nil {
		return "", fmt.Errorf("%s: %w", from, err)
	}
	to := filepath.Join(changed, name)
	if err := errors.Join(os.MkdirAll(changed, 0o750), os.WriteFile(to, text, 0o600)); err != nil {
		return "", err
	}
	s.command("diff " + from + " " + to)
	difference, err := exec.CommandContext(ctx, "diff", from, to).Output()
	s.output(string(difference))
	if lines := regexp.MustCompile(`(?m)^[<>]`).FindAllString(string(difference), -1); len(lines) != 1 {
		return "", fmt.Errorf("the change is of %d lines instead of 1 (%w)", len(lines), err)
	}
	return to, nil
}

// decision shows what the webhook logged about a write of the ApplicationSet.
func (s *story) decision(ctx context.Context, operation, n string) error {
	fields, err := waitForDecision(ctx, s.webhook, operation)
	if err != nil {
		return err
	}
	s.output("webhook's log: " + describe(fields))
	if got := fmt.Sprint(fields["n"]); got != n {
		return fmt.Errorf("the webhook decided about n = %s: want %s", got, n)
	}
	return nil
}

// expect compares how a command ended and what it printed with what it should have.
func expect(output cluster.Output, code int, texts ...string) error {
	if output.Code != code {
		return fmt.Errorf("kubectl ended with exit code %d: want %d", output.Code, code)
	}
	for _, text := range texts {
		if !strings.Contains(output.Stdout+output.Stderr, text) {
			return fmt.Errorf("kubectl did not print\n  %s", text)
		}
	}
	return nil
}
