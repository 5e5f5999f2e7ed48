package config

import "errors"

// validateSyncGate refuses what is without effect when no starts are judged.
func (c *Config) validateSyncGate() error {
	if c.SyncGate {
		return nil
	}
	var errs []error
	if c.SyncGateFlux {
		errs = append(errs, errors.New("--sync-gate-flux is set without --sync-gate"))
	}
	if c.Nudger != "" {
		errs = append(errs, errors.New("--nudge-as is set without --sync-gate: nothing waits for its turn"))
	}
	if c.KargoController != "" {
		errs = append(errs, errors.New("--kargo-controller is set without --sync-gate: no Promotion is judged as a start"))
	}
	return errors.Join(errs...)
}
