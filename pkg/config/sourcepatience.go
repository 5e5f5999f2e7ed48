package config

import (
	"fmt"
	"time"
)

func (c *Config) validateSourcePatience() error {
	const least, most = 2 * time.Minute, 24 * time.Hour // of what is in order one hears once a minute
	if patience := c.SourcePatience; patience != 0 && (patience < least || patience > most) {
		return fmt.Errorf("--source-patience is %s: want %s to %s, or 0", patience, least, most)
	}
	return nil
}
