/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.blocks.zarr;

import com.google.gson.JsonObject;
import java.io.IOException;

/** A step between the bytes of a chunk's samples and the bytes of its file. */
interface Codec {

    /** Bytes as they are stored. */
    byte[] encode(byte[] data) throws IOException;

    /**
     * Bytes before they were stored.
     *
     * @throws IOException if the data are damaged or hold more than {@code limit} bytes
     */
    byte[] decode(byte[] data, int limit) throws IOException;

    /** The codec's name in Zarr 3, which is its id in Zarr 2. */
    String name();

    /** Its settings in Zarr 3. */
    JsonObject configuration();

    /** Its settings in Zarr 2. */
    default JsonObject inZarr2() {
        final JsonObject json = configuration();
        json.addProperty("id", name());
        return json;
    }
}
