# The server for clients that start their servers in containers: docker run -i, machines in the Dedalus cloud.
FROM node:24-slim AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build

FROM node:24-slim
# Operations outlive the container when this folder is a volume.
ENV NODE_ENV=production OPENCLAW_MCP_STATE_DIR=/state
RUN install -d -o node -g node -m 0700 /state
COPY --from=build /src/dist/ /opt/openclaw-dedalus-mcp/dist/
COPY package.json LICENSE /opt/openclaw-dedalus-mcp/
USER node
WORKDIR /home/node
VOLUME /state
ENTRYPOINT ["node", "/opt/openclaw-dedalus-mcp/dist/openclaw-dedalus-mcp.js"]
