//go:build !linux

package node

import "errors"

func network() error { return errors.New("a node needs Linux") }
