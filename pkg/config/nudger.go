package config

import "errors"

func (c *Config) validateNudger() error {
	if c.Nudger != "" && !c.SyncGate {
		return errors.New("--nudge-as is set without --sync-gate: nothing waits for its turn")
	}
	return nil
}
