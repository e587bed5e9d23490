// SPDX-License-Identifier: Apache-2.0

package dist

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
)

// checksums writes the checksum of every file, in the format that "sha256sum --check" reads.
func (m *making) checksums(context.Context) error {
	files, err := os.ReadDir(m.Folder) // by name
	if err != nil {
		return fmt.Errorf("listing the release: %w", err)
	}
	var text bytes.Buffer
	for _, file := range files {
		sum, err := checksum(m.in(file.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(&text, "%s  %s\n", sum, file.Name())
	}
	return write(m.in(ChecksumFile), text.Bytes())
}

// checksum is the SHA-256 of the file, in hexadecimal.
func checksum(file string) (string, error) {
	content, err := os.Open(file)
	if err != nil {
		return "", fmt.Errorf("computing a checksum: %w", err)
	}
	defer content.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, content); err != nil {
		return "", fmt.Errorf("computing the checksum of %s: %w", file, err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
