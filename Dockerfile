# The server as an image. As a sidecar it runs jobs as sibling containers through the mounted Docker socket:
#   docker run -p 127.0.0.1:4577:4577 -v /var/run/docker.sock:/var/run/docker.sock -v sagemaker:/data sagemaker-emulator
ARG BASE=python:3.11-slim
FROM ${BASE}
WORKDIR /opt/sagemaker-emulator
COPY pyproject.toml README.md LICENSE ./
COPY emulator emulator
COPY handlers handlers
RUN python -m pip install --no-cache-dir .
# Inside a container the published port is reached through the container's own address, hence 0.0.0.0 here only.
ENV SAGEMAKER_EMULATOR_HOST=0.0.0.0 \
    SAGEMAKER_EMULATOR_DATA_DIR=/data
VOLUME /data
EXPOSE 4577
ENTRYPOINT ["sagemaker-emulator"]
CMD ["serve"]
