package store

import "github.com/frontdesk-go/frontdesk/store/driver"

// Encode and Decode are the codec of key-value stores.
func Encode(v any) ([]byte, error)    { return encodeAs(driver.CBOR, v) }
func Decode(data []byte, v any) error { return decodeAs(driver.CBOR, data, v) }
