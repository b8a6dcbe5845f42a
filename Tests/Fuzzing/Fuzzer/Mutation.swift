import AnswerTrials
import CLibFuzzer

// Called by libFuzzer instead of its own mutations, which know nothing of frames: most of what they make breaks a mark,
// and no more of the answer is read then.
@_cdecl("LLVMFuzzerCustomMutator")
func mutate(_ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ limit: Int, _ seed: UInt32) -> Int {
    var mutation = AnswerMutation(seed: UInt64(seed))
    let bytes = Array(UnsafeBufferPointer(start: data, count: size))
    guard let mutated = mutation.mutate(bytes, with: libFuzzersOwn), mutated.count <= limit else {
        return LLVMFuzzerMutate(data, size, limit)
    }
    _ = UnsafeMutableBufferPointer(start: data, count: mutated.count).update(fromContentsOf: mutated)
    return mutated.count
}

private func libFuzzersOwn(_ bytes: [UInt8]) -> [UInt8] {
    let room = bytes.count + 64
    return Array(unsafeUninitializedCapacity: room) { buffer, count in
        _ = buffer.update(fromContentsOf: bytes)
        count = buffer.baseAddress.map { LLVMFuzzerMutate($0, bytes.count, room) } ?? 0
    }
}
