import AnswerTrials
import CLibFuzzer

// libFuzzer calls this for each answer it makes up.
@_cdecl("LLVMFuzzerTestOneInput")
func tryAnswer(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
    do {
        try AnswerTrial(Array(UnsafeBufferPointer(start: data, count: size))).check()
    } catch {
        // A promise was broken: a trap is how libFuzzer learns of it and keeps the answer.
        fatalError("\(error)")
    }
    return 0
}

// SwiftPM makes MODULE_main the entry point of every executable, so libFuzzer's own is not called.
@_cdecl("vfiofleet_fuzz_main")
func start(_ count: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> Int32 {
    var count = count
    var arguments = arguments
    return LLVMFuzzerRunDriver(&count, &arguments, tryAnswer)
}
