/**
 * Networks that predict noise: their layouts, and how they are run.
 *
 * <p>A {@link org.deqir.network.layout.NetworkArchitecture} knows a layout's parameters and writes
 * itself as TorchScript text; {@link org.deqir.network.UNetNoisePredictor} fills in the weights of
 * a {@link org.deqir.network.checkpoint.Checkpoint} and executes it with PyTorch. {@link
 * org.deqir.network.layout.ArchitectureInference} finds the layout that a checkpoint was made for.
 */
package org.deqir.network;
