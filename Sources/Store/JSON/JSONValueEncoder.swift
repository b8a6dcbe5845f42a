/// Takes one value.
final class JSONValueEncoder: Encoder {
    private var value: JSONValue?
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    static func value(of value: some Encodable) throws -> JSONValue {
        let encoder = JSONValueEncoder()
        try value.encode(to: encoder)
        return encoder.result
    }

    /// What encodes nothing at all is an empty object.
    var result: JSONValue { value ?? .object(JSONObject()) }

    func container<Key>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if case .object(let object) = value { return KeyedEncodingContainer(JSONObjectContainer(object: object)) }
        let object = JSONObject()
        value = .object(object)
        return KeyedEncodingContainer(JSONObjectContainer(object: object))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        let array = JSONArray()
        value = .array(array)
        return JSONArrayContainer(array: array)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }
}

extension JSONValueEncoder: SingleValueEncodingContainer {
    func encodeNil() { value = .literal("null") }
    func encode(_ value: Bool) { self.value = .literal(value ? "true" : "false") }
    func encode(_ value: String) { self.value = .string(value) }
    func encode(_ value: Double) throws { try encode(number: value) }
    func encode(_ value: Float) throws { try encode(number: value) }
    func encode(_ value: some FixedWidthInteger & Encodable) {
        self.value = Int64(exactly: value).map { .integer($0) } ?? .literal(value.description)
    }
    func encode(_ value: some Encodable) throws { self.value = try Self.value(of: value) }

    private func encode(number: some BinaryFloatingPoint & CustomStringConvertible & Encodable) throws {
        guard number.isFinite else {
            throw EncodingError.invalidValue(number, .init(codingPath: [], debugDescription: "JSON has no \(number)."))
        }
        let text = number.description
        value = .literal(text.hasSuffix(".0") ? String(text.dropLast(2)) : text)
    }
}

private struct JSONObjectContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let object: JSONObject
    var codingPath: [any CodingKey] { [] }

    func encodeNil(forKey key: Key) { add(.literal("null"), key) }
    func encode(_ value: Bool, forKey key: Key) { add(.literal(value ? "true" : "false"), key) }
    func encode(_ value: String, forKey key: Key) { add(.string(value), key) }
    func encode(_ value: Int, forKey key: Key) { add(.integer(Int64(value)), key) }
    func encode(_ value: some Encodable, forKey key: Key) throws { add(try JSONValueEncoder.value(of: value), key) }

    func nestedContainer<Nested>(
        keyedBy keyType: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        let nested = JSONObject()
        add(.object(nested), key)
        return KeyedEncodingContainer(JSONObjectContainer<Nested>(object: nested))
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        let nested = JSONArray()
        add(.array(nested), key)
        return JSONArrayContainer(array: nested)
    }

    func superEncoder() -> any Encoder { superEncoder("super") }
    func superEncoder(forKey key: Key) -> any Encoder { superEncoder(key.stringValue) }

    private func superEncoder(_ key: String) -> any Encoder {
        let encoder = JSONValueEncoder()
        object.members.append((key, .later(encoder)))
        return encoder
    }

    private func add(_ value: JSONValue, _ key: Key) { object.members.append((key.stringValue, value)) }
}

private struct JSONArrayContainer: UnkeyedEncodingContainer {
    let array: JSONArray
    var codingPath: [any CodingKey] { [] }
    var count: Int { array.elements.count }

    func encodeNil() { array.elements.append(.literal("null")) }
    func encode(_ value: String) { array.elements.append(.string(value)) }
    func encode(_ value: some Encodable) throws { array.elements.append(try JSONValueEncoder.value(of: value)) }

    func nestedContainer<Nested>(keyedBy keyType: Nested.Type) -> KeyedEncodingContainer<Nested> {
        let nested = JSONObject()
        array.elements.append(.object(nested))
        return KeyedEncodingContainer(JSONObjectContainer<Nested>(object: nested))
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        let nested = JSONArray()
        array.elements.append(.array(nested))
        return JSONArrayContainer(array: nested)
    }

    func superEncoder() -> any Encoder {
        let encoder = JSONValueEncoder()
        array.elements.append(.later(encoder))
        return encoder
    }
}
