/// The schema of a value like `02:00.0,pcie=1`: its keys and a check over all of them.
struct PropertyStringFormat: Sendable {
    let keys: [String: PropertySchema]
    /// The reason why values that fit one by one do not fit together.
    var validate: @Sendable (PropertyString) -> String? = { _ in nil }

    var defaultKey: String? { keys.first { $0.value.isDefaultKey }?.key }
}

/// The parsed parts of a property string; booleans as `1` and `0`.
struct PropertyString: Sendable, Equatable {
    var values: [String: String] = [:]

    subscript(key: String) -> String? {
        get { values[key] }
        set { values[key] = newValue }
    }

    func isSet(_ key: String) -> Bool { values[key] == "1" }
}

/// Why a property string can't be read, without the last newline.
struct PropertyStringFailure: Error { let reason: String }

extension PropertyStringFormat {
    /// Splits at commas; parts that are empty or blank are skipped, and the default key may stand anywhere.
    func parse(_ text: String, path: String = "") throws(PropertyStringFailure) -> PropertyString {
        var result = PropertyString()
        var hasDefault = false
        for part in text.split(separator: ",") where !part.unicodeScalars.allSatisfy(isSpace) {
            try read(String(part), into: &result, &hasDefault)
        }
        let errors = check(result, path: path)
        guard errors.isEmpty else {
            let lines = errors.sorted { $0.key < $1.key }.map { "\n\($0.key): \($0.value)" }
            throw PropertyStringFailure(reason: "format error" + lines.joined())
        }
        if let reason = validate(result) { throw PropertyStringFailure(reason: reason) }
        return result
    }

    func problem(_ text: String, path: String) -> String? {
        do throws(PropertyStringFailure) {
            _ = try parse(text, path: path)
            return nil
        } catch {
            return error.reason
        }
    }

    private func read(
        _ part: String, into result: inout PropertyString, _ hasDefault: inout Bool
    ) throws(PropertyStringFailure) {
        guard let equals = part.unicodeScalars.firstIndex(of: "=") else {
            try readDefault(part, into: &result, &hasDefault)
            return
        }
        let key = String(part[..<equals])
        let value = String(part.unicodeScalars[part.unicodeScalars.index(after: equals)...])
        guard !key.isEmpty, !value.isEmpty else {
            throw PropertyStringFailure(reason: "missing key in comma-separated list property")
        }
        try set(key, value, &result)
    }

    private func set(_ key: String, _ value: String, _ result: inout PropertyString) throws(PropertyStringFailure) {
        if result[key] != nil {
            throw PropertyStringFailure(reason: "duplicate key in comma-separated list property: \(key)")
        }
        var name = key
        if let alias = keys[key]?.alias {
            if let keyAlias = keys[key]?.keyAlias {
                if result[keyAlias] != nil {
                    throw PropertyStringFailure(reason: "key alias '\(keyAlias)' is already defined")
                }
                result[keyAlias] = key
            }
            name = alias
        }
        result[name] = normalized(value, key: name)
    }

    private func readDefault(
        _ part: String, into result: inout PropertyString, _ hasDefault: inout Bool
    ) throws(PropertyStringFailure) {
        guard let defaultKey else {
            throw PropertyStringFailure(reason: "value without key, but schema does not define a default key")
        }
        guard !hasDefault, result[defaultKey] == nil else {
            throw PropertyStringFailure(reason: "duplicate key in comma-separated list property: \(defaultKey)")
        }
        hasDefault = true
        result[defaultKey] = part
    }

    private func normalized(_ value: String, key: String) -> String {
        guard keys[key]?.kind == .boolean, let boolean = perlBoolean(value) else { return value }
        return boolean ? "1" : "0"
    }

    private func check(_ parts: PropertyString, path: String) -> [String: String] {
        var errors: [String: String] = [:]
        let prefix = path.isEmpty ? "" : path + "."
        for (key, schema) in keys {
            if let value = parts[key] {
                schema.check(value, path: prefix + key, &errors)
            } else if !schema.isOptional && schema.alias == nil {
                errors[prefix + key] = "property is missing and it is not optional"
            }
        }
        for key in parts.values.keys where keys[key] == nil {
            errors[prefix + key] =
                "property is not defined in schema and the schema does not allow additional properties"
        }
        return errors
    }
}

extension PropertyStringFormat {
    /// Writes the default key first, then what is required, then the rest by name.
    func print(_ parts: PropertyString) -> String {
        var order = parts.values.keys.sorted { a, b in
            (keys[a]?.isOptional ?? true ? 1 : 0, a) < (keys[b]?.isOptional ?? true ? 1 : 0, b)
        }
        if let defaultKey, let index = order.firstIndex(of: defaultKey) {
            order.insert(order.remove(at: index), at: 0)
        }
        return order.compactMap { key in
            parts[key].map { keys[key]?.isDefaultKey == true ? $0 : "\(key)=\($0)" }
        }.joined(separator: ",")
    }
}
