/**
 * Priors that are installed: their descriptors, where they are found, and loading them.
 *
 * <p>A model is a folder with a {@code bioimageio.yaml} in the layout of the BioImage Model Zoo and
 * the weights as safetensors. {@link org.deqir.model.store.ModelStore} finds models on the class
 * path and in folders.
 */
package org.deqir.model;
