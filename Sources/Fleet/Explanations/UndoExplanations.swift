extension PlanReason {
    var undoWords: (String, String)? {
        switch self {
        case .nothingToUndo:
            (
                "Nothing of what roll-outs did is left.",
                "The node's own notes in /var/lib/vfiofleet/backups say what they did."
            )
        case .fileAsBefore:
            ("A file holds nothing that roll-outs wrote.", "It stays as it is, whoever else changed it.")
        case .fileMerged:
            (
                "Somebody changed a file that goes back, elsewhere than the roll-out did.",
                "Only the roll-out's lines go back. The diff shows the result; nothing of it is guessed."
            )
        case .fileChangedSince:
            (
                "Somebody changed the lines that a roll-out changed, and going back would lose that.",
                "The message names the file as it was before, as the roll-out left it and as it is now. Bring the lines to "
                    + "either by hand, then undo again."
            )
        case .undoUnfinished:
            (
                "The files went back, and what the node boots from still is as they were.",
                "An undo was cut short, or the files were put back by hand. What is left is built anew, and the node reboots."
            )
        case .guestOptionChangedSince:
            ("Somebody set an option of a VM after the roll-out.", "That value stays; the others go back.")
        default: nil
        }
    }
}
