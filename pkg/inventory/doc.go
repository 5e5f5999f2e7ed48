// Package inventory says which environments exist. It is kept up to date by the manager's
// cache, answers by label from memory, and holds no credentials.
package inventory
