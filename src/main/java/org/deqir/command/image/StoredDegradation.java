/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.image;

import ij.ImagePlus;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/**
 * What {@code DeqIR Degrade...} did to an image, kept in the image's own properties so that it
 * survives saving as TIFF.
 *
 * <p>Each property is a key of the commands with the prefix {@code deqir.}: {@code deqir.sigma},
 * {@code deqir.scale}. A restoring command takes the value for every key that its user did not
 * give. Results of a restoration no longer carry them.
 */
public final class StoredDegradation {

    private static final String PREFIX = "deqir.";

    private StoredDegradation() {}

    /** Whether an image property is one of these. */
    static boolean isStored(String property) {
        return property.startsWith(PREFIX);
    }

    /** Writes keys and their values into an image; what was stored before is forgotten. */
    public static void store(ImagePlus image, Map<String, ?> values) {
        read(image).keySet().forEach(key -> image.setProp(PREFIX + key, null));
        values.forEach((key, value) -> image.setProp(PREFIX + key, String.valueOf(value)));
    }

    /**
     * {@return keys and values that the image carries; empty for an image that was not degraded by
     * us}
     */
    public static Map<String, String> read(ImagePlus image) {
        final Map<String, String> values = new TreeMap<>();
        final Properties properties = image.getImageProperties();
        if (properties != null)
            for (final String property : properties.stringPropertyNames())
                if (isStored(property))
                    values.put(
                            property.substring(PREFIX.length()), properties.getProperty(property));
        return values;
    }
}
