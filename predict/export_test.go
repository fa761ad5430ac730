package predict

import "encoding/binary"

// Signed returns a file with the checksum that it should have, so that what reads its
// content is tested, too.
func Signed(b []byte) []byte {
	b = b[:max(len(b)-4, 0):max(len(b)-4, 0)]
	return binary.LittleEndian.AppendUint32(b, checksum(b))
}
