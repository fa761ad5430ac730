package indexfiles

// Written is the position of the log that the files hold.
func (f *Files) Written() int64 { return f.at.Load().written }

// WriteMark damages what says how far the index has come, which Close then doesn't mend.
func (f *Files) WriteMark(text string) error {
	f.at.Store(nil)
	return f.files.SetInternal(markKey, []byte(text))
}

// Opened says whether the files are open.
func (f *Files) Opened() bool {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.files != nil
}
