import CLibSSH

/// The process's memory.
public enum ProcessHeap {
    /// Makes all threads use one heap. For a program to call when it starts.
    ///
    /// glibc gives threads heaps of their own, and what one thread frees another can't use. Connections live on one
    /// thread and their answers are read on others: one heap takes a tenth less memory and time.
    public static func share() { shim_share_heap() }
}
