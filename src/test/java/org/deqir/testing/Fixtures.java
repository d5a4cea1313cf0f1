/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.testing;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.StreamSupport;

/** The reference results among the test resources; {@code cases.json} there describes each. */
public final class Fixtures {

    private Fixtures() {}

    /** The cases of one kind: network, operator, fixed-point or gradient. */
    public static List<JsonObject> cases(String kind) {
        try (Reader in =
                new InputStreamReader(
                        Fixtures.class.getResourceAsStream("/fixtures/cases.json"),
                        StandardCharsets.UTF_8)) {
            return StreamSupport.stream(
                            JsonParser.parseReader(in).getAsJsonArray().spliterator(), false)
                    .map(JsonElement::getAsJsonObject)
                    .filter(c -> c.get("kind").getAsString().equals(kind))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The case of this name. */
    public static JsonObject networkCase(String name) {
        return cases("network").stream()
                .filter(c -> c.get("name").getAsString().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /** A file of the fixtures. */
    public static Path file(String name) {
        final URL url = Fixtures.class.getResource("/fixtures/" + name);
        if (url == null) throw new IllegalArgumentException("no fixture " + name);
        try {
            return Path.of(url.toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** ‖a − b‖/‖b‖. */
    public static double relativeDifference(float[] a, float[] b) {
        if (a.length != b.length)
            throw new IllegalArgumentException(a.length + " elements, not " + b.length);
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < a.length; i++) {
            difference += Math.pow((double) a[i] - b[i], 2);
            norm += Math.pow(b[i], 2);
        }
        return Math.sqrt(difference / norm);
    }
}
