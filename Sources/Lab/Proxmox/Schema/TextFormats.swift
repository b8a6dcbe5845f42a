/// The named formats of single values.
extension PropertyFormat {
    /// `PVE::JSONSchema`: no leading 0, three to nine digits.
    static let vmid = check {
        $0.wholeMatch(of: /[1-9][0-9]{2,8}/) == nil ? "value does not look like a valid VM ID" : nil
    }

    static let dnsName = check {
        isDNSName($0) ? nil : "value does not look like a valid DNS name"
    }

    static let configID = check(configIDProblem)

    static let configIDList = list { splitList($0).lazy.compactMap(configIDProblem).first }

    static let node = check {
        isNodeName($0) ? nil : "value does not look like a valid node name"
    }

    static let tags = list {
        for tag in splitList($0) where tag.wholeMatch(of: /[A-Za-z0-9_][A-Za-z0-9_\-+.]*/) == nil {
            return "invalid characters in tag"
        }
        return nil
    }

    static let volume = check(volumeProblem)

    /// A volume of a storage, or a path.
    static let volumeOrPath = check {
        $0 == "none" || $0 == "cdrom" || $0.hasPrefix("/") ? nil : volumeProblem($0)
    }

    static let storage = check {
        $0.wholeMatch(of: /[A-Za-z][A-Za-z0-9\-_.]*[A-Za-z0-9]/) == nil
            ? "storage ID '\($0)' contains illegal characters" : nil
    }

    static let hotplug = check { value in
        let known = ["network", "disk", "cpu", "memory", "usb", "cloudinit"]
        let isFine = value == "0" || value == "1" || splitList(value).allSatisfy(known.contains)
        return isFine ? nil : "unable to parse hotplug option"
    }

    static let physicalBits = check { value in
        let isFine = value == "host" || Int(value).map { (8...64).contains($0) && value.utf8.count < 3 } == true
        return isFine ? nil : "value must be an integer between 8 and 64 or 'host'"
    }

    static let startup = check {
        $0.split(separator: ",").allSatisfy { $0.wholeMatch(of: /(order=|up=|down=)?\d+/) != nil }
            ? nil : "unable to parse startup options"
    }

    static let bootDisk = check {
        $0.wholeMatch(of: /(ide|sata|scsi|virtio)\d+/) == nil ? "invalid boot disk '\($0)'" : nil
    }
}

/// Letters, digits and inner hyphens in each label.
func isDNSName(_ text: String) -> Bool {
    text.utf8.count <= 253
        && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { isNodeName(String($0)) }
}

func isNodeName(_ text: String) -> Bool {
    text.utf8.count <= 63 && text.wholeMatch(of: /[a-zA-Z0-9]([a-zA-Z0-9\-]*[a-zA-Z0-9])?/) != nil
}

private func configIDProblem(_ text: String) -> String? {
    text.wholeMatch(of: /[A-Za-z][A-Za-z0-9_\-]+/) == nil ? "invalid configuration ID '\(text)'" : nil
}

private func volumeProblem(_ text: String) -> String? {
    text.wholeMatch(of: /[A-Za-z][A-Za-z0-9\-_.]*[A-Za-z0-9]:.+/) == nil ? "unable to parse volume ID '\(text)'" : nil
}
