// Package inventory says which environments exist. It holds one copy of what the kinds of
// rollout read of other objects, kept up to date by watches, and answers by name, label and
// key from memory.
package inventory
